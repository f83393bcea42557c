import { expect, it } from 'vitest';
import type { MemberId } from '../../src/base/ids.js';
import { Members } from '../../src/replica/members.js';

const ids = (...numbers: number[]) => numbers as MemberId[];
const info = (id: MemberId) => ({ id, name: `n${id}`, clientAddress: `n${id}:1`, peerAddress: `n${id}:2` });
const membership = (...voters: MemberId[]) => ({
  voters,
  outgoing: [],
  learners: [],
  records: voters.map((id) => ({ ...info(id), promote: false, replaces: undefined })),
});

it('a newcomer keeps whom it was told of until it comes to a membership that names it', () => {
  const [one, two, three, four] = ids(1, 2, 3, 4) as [MemberId, MemberId, MemberId, MemberId];
  const members = new Members(four, undefined, [two, three, four].map(info), false);
  const peers = () => members.peers?.map(({ id }) => id).sort();
  expect(peers()).toBeUndefined();
  members.setEffective(membership(one, two));
  expect(peers()).toEqual([one, two, three]);
  members.setEffective(membership(two, four));
  members.applied = membership(two, four);
  expect(peers()).toEqual([two]);
});

it('the same members have the same hash, in any order; others another', () => {
  const [one, two, three] = ids(1, 2, 3) as [MemberId, MemberId, MemberId];
  const members = new Members(one, undefined, [one, two].map(info), true);
  const { hash } = members;
  members.setEffective(membership(two, one));
  expect(members.hash).toBe(hash);
  members.setEffective(membership(one, two, three));
  expect(members.hash).not.toBe(hash);
  members.setEffective(membership(one, three));
  expect(new Members(three, undefined, [one, three].map(info), true).hash).toBe(members.hash);
});

it('a member is where the log says, unless the settings say otherwise; what a newcomer was told counts until the log names it', () => {
  const [one, two, three] = ids(1, 2, 3) as [MemberId, MemberId, MemberId];
  const moved = (...voters: MemberId[]) => {
    const { records, ...rest } = membership(...voters);
    return { ...rest, records: records.map((record) => ({ ...record, peerAddress: `n${record.id}:9` })) };
  };
  const founder = new Members(one, undefined, [one, two].map(info), true);
  founder.setEffective(moved(one, two, three));
  expect(founder.peers?.map(({ address }) => address)).toEqual(['n2:2', 'n3:9']);
  expect(founder.list.map(({ peerAddress }) => peerAddress)).toEqual(['n1:2', 'n2:2', 'n3:9']);
  const newcomer = new Members(three, undefined, [one, two, three].map(info), false);
  newcomer.setEffective(moved(one, two));
  expect(newcomer.peers?.map(({ address }) => address)).toEqual(['n1:2', 'n2:2']);
  newcomer.setEffective(moved(one, two, three));
  expect(newcomer.peers?.map(({ address }) => address)).toEqual(['n1:9', 'n2:9']);
});

it('a member that is started for the first time makes another hash, so that programs hear where it is; one that moves does not', () => {
  const [one, two] = ids(1, 2) as [MemberId, MemberId];
  const members = new Members(one, undefined, [], true);
  const { records, ...rest } = membership(one, two);
  const [first, second] = records;
  if (!first || !second) return expect.unreachable();
  members.setEffective({ ...rest, records: [first, { ...second, name: '', clientAddress: '' }] });
  const { hash } = members;
  expect(members.peers).toEqual([{ id: two, name: 'n2:2', address: 'n2:2' }]);
  members.setEffective({ ...rest, records });
  expect(members.hash).not.toBe(hash);
  const started = members.hash;
  members.setEffective({ ...rest, records: [first, { ...second, peerAddress: 'n2:9' }] });
  expect(members.hash).toBe(started);
});
