/** Conditions over the metadata of instances, as text: what `InstanceSelector.expressions` holds. */
import { QuorateError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { shown } from './validate.js';

export type Metadata = Readonly<Record<string, string>>;
/** Whether metadata fulfil a condition. */
export type MetadataFilter = (metadata: Metadata) => boolean;

/** A key of metadata as an expression can name it; `metadata` of the selector takes any other. */
const keyPattern = '[^\\s=!(),]+';
const presence = new RegExp(`^(!?)\\s*(${keyPattern})$`);
const comparison = new RegExp(`^(${keyPattern})\\s*(!?=)(?!=)\\s*(.*)$`, 's');
const membership = new RegExp(`^(${keyPattern})\\s+(in|notin)\\s*\\(([^()]*)\\)$`, 's');

/**
 * The filter that an expression describes: `key=value`, `key!=value`, `key in (a, b)`, `key notin (a, b)`, `key`, `!key`. The negative ones are also
 * fulfilled without the key. Blanks around keys and values mean nothing.
 * @throws QuorateError INVALID_FIELD
 */
export function metadataFilter(expression: string, field: string): MetadataFilter {
  if (expression.length > limits.expressionLength)
    throw refused(expression, field, `must have at most ${limits.expressionLength} characters`);
  const text = expression.trim();
  const compared = comparison.exec(text);
  if (compared) {
    const [, key = '', operator, value = ''] = compared;
    return among(key, new Set([value.trim()]), operator === '=');
  }
  const listed = membership.exec(text);
  if (listed) {
    const [, key = '', operator, list = ''] = listed;
    const values = new Set(list.split(',').map((value) => value.trim()));
    if (values.has('')) throw refused(expression, field, 'has an empty value in its list');
    return among(key, values, operator === 'in');
  }
  const asked = presence.exec(text);
  if (asked) {
    const [, not, key = ''] = asked;
    return (metadata) => Object.hasOwn(metadata, key) === (not === '');
  }
  throw refused(
    expression,
    field,
    'must be one of key=value, key!=value, key in (a, b), key notin (a, b), key and !key, where a key has no blanks and none of = ! ( ) ,',
  );
}

function among(key: string, values: ReadonlySet<string>, wanted: boolean): MetadataFilter {
  return (metadata) => {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    return (value !== undefined && values.has(value)) === wanted;
  };
}

function refused(expression: string, field: string, rule: string): QuorateError {
  return new QuorateError('INVALID_FIELD', `${field} ${shown(expression)} ${rule}`, { field });
}
