/** Makes a store as empty as a session wants it, whatever came before. */
import { kVService, leaseService } from '../../../src/proto/etcd.js';
import { until } from '../../support/until.js';
import type { Answer, Wire } from '../wire.js';

const all = { key: Buffer.from('\0'), range_end: Buffer.from('\0') };

/** No lease, no key, and all revisions compacted but the current one, which is returned. */
export async function clean(wire: Wire): Promise<number> {
  const { leases } = expectResponse(await wire.unary(leaseService.leaseLeases, {}));
  // One that has run out meanwhile is as good as revoked.
  for (const { ID } of leases) await wire.unary(leaseService.leaseRevoke, { ID });
  await until('no lease is left', async () => {
    return expectResponse(await wire.unary(leaseService.leaseLeases, {})).leases.length === 0;
  });
  expectResponse(await wire.unary(kVService.put, { key: Buffer.from('a'), value: Buffer.from('first') }));
  const { header } = expectResponse(await wire.unary(kVService.deleteRange, all));
  const revision = Number(header?.revision ?? 0);
  expectResponse(await wire.unary(kVService.compact, { revision, physical: true }));
  return revision;
}

function expectResponse<Res>(answer: Answer<Res>): Res {
  if ('response' in answer) return answer.response;
  throw new Error(`the store could not be emptied: ${answer.code} ${answer.text}`);
}
