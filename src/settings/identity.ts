/** Identities are derived from names, so that no member has to agree with another on a number first. */
import { createHash } from 'node:crypto';
import type { ClusterId, MemberId } from '../base/ids.js';

/** Identity of the cluster of this name: 48 bits of a SHA-256, never 0. */
export function clusterIdOf(clusterName: string): ClusterId {
  return digest48(`cluster\0${clusterName}`) as ClusterId;
}

/** Identity of a member: 48 bits of a SHA-256 over both names, never 0. Equal names in two clusters give two identities. */
export function memberIdOf(clusterName: string, memberName: string): MemberId {
  return digest48(`member\0${clusterName}\0${memberName}`) as MemberId;
}

/** 48 bits fit a JavaScript number and every int64 of the wire formats. */
function digest48(text: string): number {
  return createHash('sha256').update(text, 'utf8').digest().readUIntBE(0, 6) || 1;
}
