import type { Command } from 'commander';
import { callCommand } from '../../call.js';
import { withClient } from '../../session.js';
import { size } from '../../table.js';
import type { Terminal } from '../../terminal.js';
import { version } from '../../version.js';
import { summaryJson } from './summary.js';

export function saveCommand(terminal: Terminal): Command {
  return callCommand('save', 'save a consistent image of the whole state in a file')
    .argument('<file>', 'where to; a file that is there is replaced when the new one is whole')
    .addHelpText(
      'after',
      `
One member streams it while the cluster goes on; it is checked against the member's hash and read again from disk before it gets
its name. It holds all keys with their history, documents, instances and leases.

Examples:
  quorate snapshot save backup.snapshot
  quorate snapshot save "backup-$(date +%F).snapshot" --endpoints 127.0.0.1:7102`,
    )
    .action((file: string, _options: object, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        const { writeSnapshot } = await import('../../../snapshot/write.js');
        const signal = terminal.interrupted();
        const { clusterId } = await client.cluster.status();
        const chunks = client.cluster.snapshot({ signal });
        const metadata = { clusterId, savedAt: new Date().toISOString(), version: version() };
        const summary = await writeSnapshot(file, chunks, metadata);
        answer(summaryJson(file, summary), () => {
          const { state, keys, leases, bytes } = summary;
          return `${file}: revision ${state.revision}, ${keys} keys, ${leases} leases, ${size(bytes)}, verified`;
        });
      }),
    );
}
