/** Programs of the system that some tests drive the product with. */
import { spawn, spawnSync } from 'node:child_process';

/** Undefined: the program is there. Else what to say of the tests that cannot run. */
export function missingTool(name: string, packageName: string): string | undefined {
  return spawnSync(name, ['--version']).error && `NOT TRIED WITH ${name}: it is not installed (Debian: ${packageName})`;
}

/** What a program prints, and the code that it ends with. */
export function runTool(name: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
