import { readdir, readFile } from 'node:fs/promises';

export interface Usage {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

/**
 * CPU time by the scheduler's own count of each thread, in nanoseconds. The times in /proc/PID/stat are samples of the 100 Hz clock tick, and a process
 * that wakes by timers is awake at just those moments.
 */
export async function usage(pid: number): Promise<Usage> {
  let nanoseconds = 0;
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const [onCpu] = (await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')).split(' ');
    nanoseconds += Number(onCpu);
  }
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return { cpuSeconds: nanoseconds / 1e9, residentMiB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024 };
}
