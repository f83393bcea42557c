/** Histories of one document by hand, good and bad. Times are columns of a drawing: an operation spans from its call to its return. */
import type { DocumentInput, DocumentOutput } from './config-document.js';
import type { Operation } from './model.js';

export type DocumentOperation = Operation<DocumentInput, DocumentOutput>;

export interface NamedHistory {
  readonly name: string;
  readonly operations: readonly DocumentOperation[];
}

type Span = readonly [call: number, end: number];

const of = ([call, end]: Span, input: DocumentInput, output: DocumentOutput | undefined): DocumentOperation => ({
  input,
  output,
  call,
  return: end,
});
const written = (version: number): DocumentOutput => ({ kind: 'written', version });
const put = (span: Span, value: string, version: number) => of(span, { kind: 'put', value }, written(version));
const swap = (span: Span, value: string, ifVersion: number, version: number) =>
  of(span, { kind: 'put', value, ifVersion }, written(version));
const mismatch = (span: Span, ifVersion: number) =>
  of(span, { kind: 'put', value: 'refused', ifVersion }, { kind: 'mismatch' });
const lostPut = (call: number, value: string, ifVersion?: number) =>
  of([call, 0], { kind: 'put', value, ...(ifVersion === undefined ? {} : { ifVersion }) }, undefined);
const lostDelete = (call: number) => of([call, 0], { kind: 'delete' }, undefined);
const remove = (span: Span, version: number) => of(span, { kind: 'delete' }, written(version));
const removeNothing = (span: Span) => of(span, { kind: 'delete' }, { kind: 'absent' });
const get = (span: Span, value: string, version: number) =>
  of(span, { kind: 'get' }, { kind: 'found', version, value });
const getNothing = (span: Span) => of(span, { kind: 'get' }, { kind: 'absent' });

export const good: readonly NamedHistory[] = [
  { name: 'nothing happened', operations: [] },
  {
    name: 'one after the other',
    operations: [put([0, 1], 'a', 1), get([2, 3], 'a', 1), put([4, 5], 'b', 2), get([6, 7], 'b', 2)],
  },
  {
    name: 'a read during a write sees the old value',
    operations: [put([0, 1], 'a', 1), put([2, 9], 'b', 2), get([3, 4], 'a', 1)],
  },
  {
    name: 'a read during a write sees the new value',
    operations: [put([0, 1], 'a', 1), put([2, 9], 'b', 2), get([3, 4], 'b', 2)],
  },
  {
    name: 'concurrent writes in the order opposite to their calls',
    operations: [put([0, 9], 'a', 2), put([1, 8], 'b', 1), get([10, 11], 'a', 2)],
  },
  { name: 'a write without an answer that took effect at once', operations: [lostPut(0, 'a'), get([1, 2], 'a', 1)] },
  {
    name: 'a write without an answer that took effect much later',
    operations: [lostPut(0, 'a'), getNothing([1, 2]), put([3, 4], 'b', 1), get([5, 6], 'b', 1), get([7, 8], 'a', 2)],
  },
  {
    name: 'a write without an answer that never took effect',
    operations: [put([0, 1], 'a', 1), lostPut(2, 'b'), get([3, 4], 'a', 1), put([5, 6], 'c', 2)],
  },
  {
    name: 'two writes without an answer, of which only the later took effect',
    operations: [lostPut(0, 'a'), lostPut(1, 'b'), get([2, 3], 'b', 1), put([4, 5], 'c', 2)],
  },
  {
    name: 'a write without an answer that only the version of the next one shows',
    operations: [put([0, 1], 'a', 1), lostPut(2, 'b'), put([3, 4], 'c', 3)],
  },
  {
    name: 'of two swaps of one version one is refused',
    operations: [swap([0, 9], 'a', 0, 1), mismatch([1, 8], 0), get([10, 11], 'a', 1)],
  },
  {
    name: 'a swap is refused by a write that has no answer',
    operations: [put([0, 1], 'a', 1), lostPut(2, 'b', 1), mismatch([3, 4], 1)],
  },
  {
    name: 'a deletion counts as a version',
    operations: [put([0, 1], 'a', 1), remove([2, 3], 2), getNothing([4, 5]), put([6, 7], 'b', 3), get([8, 9], 'b', 3)],
  },
  {
    name: 'a document that was deleted does not exist for ifVersion 0',
    operations: [put([0, 1], 'a', 1), remove([2, 3], 2), swap([4, 5], 'b', 0, 3)],
  },
  {
    name: 'a deletion without an answer between two reads',
    operations: [put([0, 1], 'a', 1), lostDelete(2), get([3, 4], 'a', 1), getNothing([5, 6]), removeNothing([7, 8])],
  },
  {
    name: 'a return at the very time of a call counts as concurrent',
    operations: [put([0, 5], 'a', 1), put([5, 9], 'b', 2), get([9, 10], 'a', 1)],
  },
];

export const bad: readonly NamedHistory[] = [
  { name: 'a stale read', operations: [put([0, 1], 'a', 1), put([2, 3], 'b', 2), get([4, 5], 'a', 1)] },
  { name: 'a lost write', operations: [put([0, 1], 'a', 1), getNothing([2, 3])] },
  { name: 'a read of what nobody wrote', operations: [put([0, 1], 'a', 1), get([2, 3], 'z', 2)] },
  { name: 'a read before the write was sent', operations: [get([0, 1], 'a', 1), put([2, 3], 'a', 1)] },
  { name: 'two writes with one version', operations: [put([0, 9], 'a', 1), put([1, 8], 'b', 1)] },
  { name: 'versions against the order of calls', operations: [put([0, 1], 'a', 2), put([2, 3], 'b', 1)] },
  { name: 'a write that was applied twice', operations: [put([0, 1], 'a', 1), put([2, 3], 'b', 3)] },
  {
    name: 'a read that goes back while the write is still under way',
    operations: [put([0, 1], 'a', 1), put([2, 20], 'b', 2), get([3, 4], 'b', 2), get([5, 6], 'a', 1)],
  },
  {
    name: 'two readers who disagree about the order',
    operations: [put([0, 20], 'a', 1), put([0, 20], 'b', 2), get([1, 2], 'b', 2), get([3, 4], 'a', 1)],
  },
  { name: 'both of two swaps of one version', operations: [swap([0, 9], 'a', 0, 1), swap([1, 8], 'b', 0, 2)] },
  {
    name: 'a swap that was refused though nothing had changed',
    operations: [put([0, 1], 'a', 1), mismatch([2, 3], 1)],
  },
  {
    name: 'a refused swap that was made',
    operations: [put([0, 1], 'a', 1), mismatch([2, 3], 7), get([4, 5], 'refused', 2)],
  },
  {
    name: 'a write without an answer that took effect twice',
    operations: [lostPut(0, 'a'), get([1, 2], 'a', 1), put([3, 4], 'b', 2), get([5, 6], 'a', 3)],
  },
  {
    name: 'a write without an answer that was undone',
    operations: [put([0, 1], 'a', 1), lostPut(2, 'b'), get([3, 4], 'b', 2), get([5, 6], 'a', 1)],
  },
  { name: 'an effect before the call', operations: [put([0, 1], 'a', 1), put([2, 3], 'c', 3), lostPut(4, 'b')] },
  {
    name: 'a document that is back after its deletion',
    operations: [put([0, 1], 'a', 1), remove([2, 3], 2), get([4, 5], 'a', 1)],
  },
  {
    name: 'a version that goes back over a deletion',
    operations: [put([0, 1], 'a', 1), remove([2, 3], 2), put([4, 5], 'b', 1)],
  },
  { name: 'a deletion of nothing', operations: [remove([0, 1], 1)] },
  { name: 'nothing to delete after a write', operations: [put([0, 1], 'a', 1), removeNothing([2, 3])] },
  {
    name: 'a lost write that only the next version shows',
    operations: [put([0, 1], 'a', 1), put([2, 3], 'b', 2), put([4, 5], 'c', 2)],
  },
  {
    name: 'a conditional write without an answer that took effect over another version',
    operations: [put([0, 1], 'a', 1), lostPut(2, 'b', 1), put([3, 4], 'c', 2), get([5, 6], 'b', 3)],
  },
];
