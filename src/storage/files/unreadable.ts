/** A file of the database does not hold what was written; `message` says where. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
}
