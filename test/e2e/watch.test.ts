import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigEvent } from '../../src/client/index.js';
import { TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

describe('a watch', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await TestCluster.start();
  });
  afterEach(() => cluster.stop());

  it('sees every change once and in order through the death of the leader and of the member that serves it, and a compaction', async () => {
    const client = cluster.client();
    const seen: ConfigEvent[] = [];
    const state = new Map<string, number>();
    const problems: string[] = [];
    const abort = new AbortController();
    const watching = (async () => {
      let last = 0;
      for await (const event of cluster.client().config.watch({ namespace: 'watched', signal: abort.signal })) {
        seen.push(event);
        if (event.kind === 'progress') continue;
        if (event.revision <= last) problems.push(`revision ${event.revision} after ${last}`);
        last = event.revision;
        if (event.kind === 'snapshot') state.clear();
        for (const { key, version } of event.items) {
          const before = state.get(key) ?? 0;
          // Only a full state or a conflated message may skip versions.
          if (event.kind === 'changes' && !event.conflated && version !== before + 1)
            problems.push(`${key} went from version ${before} to ${version}`);
          state.set(key, version);
        }
      }
    })();
    await until('the watch began', () => seen.length > 0);

    let writing = true;
    const versions = new Map<string, number>();
    const writer = (async () => {
      for (let n = 0; writing; n++) {
        const key = `key-${n % 7}`;
        versions.set(key, (await client.config.put(`watched/${key}`, String(n))).version);
      }
    })();
    const progress = async (what: string) => {
      const before = seen.length;
      await until(`changes arrive ${what}`, () => seen.length > before + 50);
    };
    await progress('at first');
    const leader = await cluster.leader();
    await cluster.kill(leader);
    await progress('after the leader died');
    await client.cluster.compact();
    await progress('after the compaction');
    cluster.boot(leader);
    await cluster.leader();
    const other = cluster.others(leader)[0] as string;
    await cluster.kill(other);
    await progress('after another member died');
    cluster.boot(other);
    await cluster.leader();
    const last = cluster.others(leader)[1] as string;
    await cluster.kill(last);
    await progress('after all members had died once');
    writing = false;
    await writer;
    await until('the watch has it all', () => [...versions].every(([key, version]) => state.get(key) === version));
    abort.abort();
    await watching;
    expect(problems).toEqual([]);
  }, 60_000);

  it('that resumes after a compacted revision gets the full state, marked as resync', async () => {
    const client = cluster.client();
    const first = await client.config.put('watched/a', '1');
    await client.config.put('watched/b', '1');
    await client.config.put('watched/a', '2');
    const { compactedRevision } = await client.cluster.compact();
    expect(compactedRevision).toBeGreaterThan(first.revision);
    for await (const event of client.config.watch({ namespace: 'watched', afterRevision: first.revision })) {
      expect(event).toMatchObject({ kind: 'snapshot', resync: true });
      const items = event.kind === 'snapshot' ? event.items : [];
      expect(items.map(({ key, version }) => [key, version])).toEqual([
        ['a', 2],
        ['b', 1],
      ]);
      break;
    }
  });
});
