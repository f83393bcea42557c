/** The checksum of a list of instances (see ListInstancesResponse.checksum), for those who make it and those who compare it. */
import { hash } from 'node:crypto';

const TWO_48 = 2 ** 48;

/** What one instance adds. @param name "namespace/service/id" */
export function instanceShare(name: string, revision: number): number {
  // Half the time of asking for a buffer.
  return Number.parseInt(hash('sha256', `${name}/${revision}`, 'hex').slice(0, 12), 16);
}

export function withShare(checksum: number, share: number): number {
  return (checksum + share) % TWO_48;
}

export function withoutShare(checksum: number, share: number): number {
  return (checksum - share + TWO_48) % TWO_48;
}
