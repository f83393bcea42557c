/** What the proto3 JSON mapping has to know of a message type, worked out once from the schema. */
import protobuf from 'protobufjs';
import { AssertionFailure } from '../../base/assert.js';
import { etcdSchema } from '../../proto/etcd.js';

export type FieldKind =
  | { readonly kind: 'message'; readonly shape: MessageShape }
  | {
      readonly kind: 'enum';
      readonly name: string;
      readonly numbers: ReadonlyMap<string, number>;
      readonly names: ReadonlyMap<number, string>;
    }
  | { readonly kind: 'integer'; readonly type: IntegerType }
  | { readonly kind: 'bytes' | 'string' | 'bool' };

export type IntegerType = 'int64' | 'uint64' | 'int32' | 'uint32';

export interface FieldShape {
  /** As on the wire, and in answers. */
  readonly name: string;
  /** The other name that requests may use. */
  readonly camelName: string;
  readonly repeated: boolean;
  /** Names of the fields of which at most one is set, this one among them; empty for most. */
  readonly oneof: readonly string[];
  readonly value: FieldKind;
}

export interface MessageShape {
  /** In the order of the .proto file. */
  readonly fields: readonly FieldShape[];
}

const shapes = new Map<protobuf.Type, MessageShape>();

/** @param name with its package, such as `etcdserverpb.PutRequest` */
export function shapeOf(name: string): MessageShape {
  return shapeOfType(etcdSchema.root.lookupType(name));
}

function shapeOfType(type: protobuf.Type): MessageShape {
  const known = shapes.get(type);
  if (known) return known;
  const fields: FieldShape[] = [];
  const shape = { fields };
  // Known before its fields are: a txn may hold txns.
  shapes.set(type, shape);
  for (const field of type.fieldsArray) fields.push(fieldShape(field));
  return shape;
}

function fieldShape(field: protobuf.Field): FieldShape {
  field.resolve();
  return {
    name: field.name,
    camelName: field.name.replace(/_([a-z\d])/g, (_match, letter: string) => letter.toUpperCase()),
    repeated: field.repeated,
    oneof: field.partOf?.oneof ?? [],
    value: kindOf(field),
  };
}

function kindOf(field: protobuf.Field): FieldKind {
  const { resolvedType, type } = field;
  if (resolvedType instanceof protobuf.Type) return { kind: 'message', shape: shapeOfType(resolvedType) };
  if (resolvedType instanceof protobuf.Enum) {
    const entries = Object.entries(resolvedType.values);
    return {
      kind: 'enum',
      name: enumName(resolvedType),
      numbers: new Map(entries),
      names: new Map(entries.map(([name, number]) => [number, name])),
    };
  }
  switch (type) {
    case 'int64':
    case 'uint64':
    case 'int32':
    case 'uint32':
      return { kind: 'integer', type };
    case 'bytes':
    case 'string':
    case 'bool':
      return { kind: type };
    default:
      throw new AssertionFailure(`the JSON mapping has no type ${type}, which ${field.fullName} needs`);
  }
}

/** As etcd's errors name it: `etcdserverpb.RangeRequest_SortOrder`. */
function enumName(type: protobuf.Enum): string {
  const [pack, ...names] = type.fullName.slice(1).split('.');
  return `${pack}.${names.join('_')}`;
}
