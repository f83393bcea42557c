import type { Command } from 'commander';
import { answer, callCommand, callSettings } from '../../call.js';
import type { Terminal } from '../../terminal.js';
import { summaryJson, summaryText } from './summary.js';

export function inspectCommand(terminal: Terminal): Command {
  return callCommand('inspect', 'verify a snapshot and show what is in it')
    .argument('<file>', 'saved by "quorate snapshot save", or by "etcdctl snapshot save" from a cluster of Quorate')
    .addHelpText(
      'after',
      `
Reads the whole file; no cluster is needed.

Example:
  quorate snapshot inspect backup.snapshot`,
    )
    .action(async (file: string, _options: object, command: Command) => {
      const { inspectSnapshot } = await import('../../../snapshot/inspect.js');
      const { json } = callSettings(command, terminal);
      const summary = await inspectSnapshot(file);
      answer(terminal, json, summaryJson(file, summary), () => summaryText(file, summary));
    });
}
