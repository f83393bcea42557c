/** The member processes of `quorate up`: started together, stopped together, deaths reported. */
import { setTimeout as pause } from 'node:timers/promises';
import { ExitCode } from '../../base/errors.js';
import type { Settings } from '../../settings/settings.js';
import type { Terminal } from '../terminal.js';
import { readable } from './log-line.js';
import { type Exit, MemberProcess } from './member-process.js';
import { prefixOf } from './prefix.js';

export class Fleet {
  /** Resolves when no member is left, or when one could not start for a reason that the operator must mend. */
  readonly over: Promise<void>;
  private readonly members: readonly MemberProcess[];
  private firstFailure: Exit | undefined;
  private stopping = false;
  private wasReady = false;

  constructor(
    settings: Settings,
    private readonly terminal: Terminal,
  ) {
    const translate =
      terminal.interactive && settings.log.format === 'auto' ? readable(terminal.colours) : (line: string) => line;
    const names = settings.members.map((member) => member.name);
    this.members = names.map((name, position) => {
      const prefix = prefixOf(names, position, terminal.colours);
      const member = new MemberProcess(name, settings.file, (line) => {
        for (const shown of translate(line).split('\n')) terminal.write(`${prefix}${shown}\n`);
      });
      terminal.write(`${prefix}started as process ${member.pid ?? 'unknown'}\n`);
      return member;
    });
    this.over = new Promise((resolve) => {
      for (const member of this.members) {
        void member.exited.then((exit) => {
          this.onExit(exit);
          if (this.running === 0 || (!this.wasReady && cannotStart(exit))) resolve();
        });
      }
    });
  }

  get running(): number {
    return this.members.filter((member) => member.alive).length;
  }

  /** The exit that ended it all: the first with a sentence, or else the first. */
  get failure(): Exit | undefined {
    return this.firstFailure;
  }

  /** From now on the death of a member ends the others no more. */
  markReady(): void {
    this.wasReady = true;
  }

  /** SIGTERM to all, SIGKILL to those that are still there after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    for (const member of this.members) member.signal('SIGTERM');
    const gone = Promise.all(this.members.map((member) => member.exited));
    const patience = new AbortController();
    await Promise.race([gone, pause(graceMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
    patience.abort();
    for (const member of this.members) {
      if (!member.alive) continue;
      this.terminal.complain(`${member.name} did not stop in ${graceMs / 1000} s and is killed`);
      member.signal('SIGKILL');
    }
    await gone;
  }

  private onExit(exit: Exit): void {
    if (this.stopping) return;
    if (this.firstFailure?.sentence === undefined && (exit.sentence !== undefined || !this.firstFailure))
      this.firstFailure = exit;
    const left = this.running;
    const rest = left === 0 ? 'no member is left' : `${left} of ${this.members.length} members go on`;
    this.terminal.complain(`${exit.name} has stopped (${exit.how}); ${rest}`);
  }
}

/** Settings and ports are the operator's to mend, at once; damaged data of one member leaves the others useful. */
function cannotStart(exit: Exit): boolean {
  return exit.code === ExitCode.SETTINGS || exit.code === ExitCode.PORT;
}
