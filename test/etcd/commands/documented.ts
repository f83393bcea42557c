/** The differences in etcdctl's output that docs/etcd-compatibility.md lists. */
import type { Command } from './script.js';

interface Documented {
  readonly begins: readonly string[];
  readonly reason: string;
}

const known: readonly Documented[] = [];

/** Why the outputs of a command may differ; undefined: they may not. */
export function documented({ words }: Command): string | undefined {
  return known.find(({ begins }) => begins.every((word, i) => words[i] === word))?.reason;
}
