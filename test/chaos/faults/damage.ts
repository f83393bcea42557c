/** Damage on the disk of a stopped member: it must refuse to start, in one sentence, and come back when that sentence is followed. */
import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ExitCode } from '../../../src/base/errors.js';
import type { Random } from '../../../src/base/random.js';
import { liveTables } from '../../../src/storage/files/manifest.js';
import { endWithinMs, lastLine } from '../world.js';
import { empty } from './directory.js';
import type { Fault } from './fault.js';
import { expectRefusal, replaceWiped } from './membership.js';

const sentence = /damaged.*move its data directory away and start it again/;

export const damage: Fault = {
  kind: 'damage',
  weight: 1,
  async strike(world, victim, chance) {
    await world.stop(victim);
    const directory = world.cluster.dataDirectory(victim);
    const place = await flipBit(directory, chance);
    const printed = world.cluster.output(victim).length;
    world.cluster.boot(victim);
    const code = await Promise.race([world.cluster.exitCode(victim), delay(endWithinMs, 'none' as const)]);
    const output = world.cluster.output(victim).slice(printed);
    if (code !== ExitCode.DATA || !sentence.test(lastLine(output)))
      world.problem(
        `${victim} with ${place} flipped ${code === 'none' ? 'goes on' : `ended with ${code}`}: ${lastLine(output)}`,
      );
    await world.kill(victim);
    await empty(directory);
    if (world.cluster.joins(victim)) {
      await expectRefusal(world, victim);
      await replaceWiped(world, victim);
    } else await world.boot(victim);
  },
};

/** Flips one bit of a table or log file and tells where. Tables that the database does not consist of are left alone: nobody reads them. */
async function flipBit(directory: string, chance: Random): Promise<string> {
  const files: { readonly file: string; readonly size: number }[] = [];
  const live = await liveTables(directory);
  for (const name of (await readdir(directory)).sort()) {
    const file = path.join(directory, name);
    const { size } = await stat(file);
    const read = name.endsWith('.log') || (name.endsWith('.ldb') && live?.has(Number.parseInt(name, 10)));
    if (read && size > 0) files.push({ file, size });
  }
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let at = Math.floor(chance() * total);
  for (const { file, size } of files) {
    if (at >= size) {
      at -= size;
      continue;
    }
    const bit = 1 << Math.floor(chance() * 8);
    const handle = await open(file, 'r+');
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    await handle.write(Buffer.of(buffer.readUInt8(0) ^ bit), 0, 1, at);
    await handle.close();
    return `bit ${bit} of byte ${at} of ${size} in ${path.basename(file)}`;
  }
  throw new Error(`no file in ${directory} to damage`);
}
