/** How many columns of a terminal a text takes. */

const combining = /\p{Mark}|\u200b|\u200c|\u200d|\ufe0f/u;
/** East Asian wide and full-width characters, and pictographs. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u;

export function textWidth(text: string): number {
  let columns = 0;
  for (const character of text) columns += characterWidth(character);
  return columns;
}

/** The text in exactly so many columns: filled up with spaces, or cut with an ellipsis. */
export function fitted(text: string, columns: number): string {
  const needed = textWidth(text);
  if (needed <= columns) return text + ' '.repeat(columns - needed);
  if (columns < 1) return '';
  let result = '';
  let used = 0;
  for (const character of text) {
    const next = used + characterWidth(character);
    if (next > columns - 1) break;
    result += character;
    used = next;
  }
  return `${result}…${' '.repeat(columns - 1 - used)}`;
}

function characterWidth(character: string): number {
  if (combining.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
