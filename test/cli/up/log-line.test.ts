import { describe, expect, it } from 'vitest';
import { errorSentence, readable } from '../../../src/cli/up/log-line.js';

describe('errorSentence', () => {
  it('finds the message of an error in each form of the log', () => {
    expect(errorSentence('error: port 1 is taken')).toBe('port 1 is taken');
    expect(errorSentence('{"level":"error","time":"x","msg":"port 1 is taken"}')).toBe('port 1 is taken');
    expect(errorSentence('[10:00:00.000] ERROR: port 1 is taken')).toBe('port 1 is taken');
  });

  it('finds none in other lines', () => {
    expect(errorSentence('{"level":"info","msg":"member is up"}')).toBeUndefined();
    expect(errorSentence('{"level":"error","msg":"cut o')).toBeUndefined();
    expect(errorSentence('[10:00:00.000] INFO: member is up')).toBeUndefined();
  });
});

describe('readable', () => {
  it('shows a JSON line as text without the member, and other lines as they are', () => {
    const show = readable(false);
    const line = show('{"level":"warn","time":"2026-01-01T10:00:00.000Z","member":"n1","ms":5,"msg":"slow disk"}');
    expect(line).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: slow disk \{"ms":5\}$/);
    expect(show('Error: plain')).toBe('Error: plain');
  });
});
