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
  const members = new Members(four, undefined, [two, three, four].map(info));
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
  const members = new Members(one, undefined, [one, two].map(info));
  const { hash } = members;
  members.setEffective(membership(two, one));
  expect(members.hash).toBe(hash);
  members.setEffective(membership(one, two, three));
  expect(members.hash).not.toBe(hash);
  members.setEffective(membership(one, three));
  expect(new Members(three, undefined, [one, three].map(info)).hash).toBe(members.hash);
});
