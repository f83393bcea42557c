/** What the log replicates (`proto/quorate/internal/command.proto`). */
import { message } from './codec.js';
import type * as BatchType from './gen/quorate/internal/Batch.js';
import type * as CommandType from './gen/quorate/internal/Command.js';
import type * as CompactType from './gen/quorate/internal/Compact.js';
import type * as CompareType from './gen/quorate/internal/Compare.js';
import type * as ConfigChangeType from './gen/quorate/internal/ConfigChange.js';
import type * as ConfigPreconditionType from './gen/quorate/internal/ConfigPrecondition.js';
import type * as ConfigPublishType from './gen/quorate/internal/ConfigPublish.js';
import type * as ConfigRollbackType from './gen/quorate/internal/ConfigRollback.js';
import type * as DeleteRangeType from './gen/quorate/internal/DeleteRange.js';
import type * as DeregisterType from './gen/quorate/internal/Deregister.js';
import type * as LeaseGrantType from './gen/quorate/internal/LeaseGrant.js';
import type * as LeaseKeepAliveType from './gen/quorate/internal/LeaseKeepAlive.js';
import type * as LeaseRevokeType from './gen/quorate/internal/LeaseRevoke.js';
import type * as OperationType from './gen/quorate/internal/Operation.js';
import type * as PutType from './gen/quorate/internal/Put.js';
import type * as RangeType from './gen/quorate/internal/Range.js';
import type * as RegisterType from './gen/quorate/internal/Register.js';
import type * as RunType from './gen/quorate/internal/Run.js';
import type * as SetStatusType from './gen/quorate/internal/SetStatus.js';
import type * as TxnType from './gen/quorate/internal/Txn.js';

export const Batch = message<BatchType.Batch, BatchType.Batch__Output>('quorate.internal.Batch');
export type Batch = BatchType.Batch__Output;
export type BatchIn = BatchType.Batch;
export const Run = message<RunType.Run, RunType.Run__Output>('quorate.internal.Run');
export type Run = RunType.Run__Output;
export type RunIn = RunType.Run;
export const Command = message<CommandType.Command, CommandType.Command__Output>('quorate.internal.Command');
export type Command = CommandType.Command__Output;
export type CommandIn = CommandType.Command;
export const Put = message<PutType.Put, PutType.Put__Output>('quorate.internal.Put');
export type Put = PutType.Put__Output;
export type PutIn = PutType.Put;
export const DeleteRange = message<DeleteRangeType.DeleteRange, DeleteRangeType.DeleteRange__Output>(
  'quorate.internal.DeleteRange',
);
export type DeleteRange = DeleteRangeType.DeleteRange__Output;
export type DeleteRangeIn = DeleteRangeType.DeleteRange;
export const Range = message<RangeType.Range, RangeType.Range__Output>('quorate.internal.Range');
export type Range = RangeType.Range__Output;
export type RangeIn = RangeType.Range;
export const Compare = message<CompareType.Compare, CompareType.Compare__Output>('quorate.internal.Compare');
export type Compare = CompareType.Compare__Output;
export type CompareIn = CompareType.Compare;
export const Operation = message<OperationType.Operation, OperationType.Operation__Output>(
  'quorate.internal.Operation',
);
export type Operation = OperationType.Operation__Output;
export type OperationIn = OperationType.Operation;
export const Txn = message<TxnType.Txn, TxnType.Txn__Output>('quorate.internal.Txn');
export type Txn = TxnType.Txn__Output;
export type TxnIn = TxnType.Txn;
export const Compact = message<CompactType.Compact, CompactType.Compact__Output>('quorate.internal.Compact');
export type Compact = CompactType.Compact__Output;
export type CompactIn = CompactType.Compact;
export const LeaseGrant = message<LeaseGrantType.LeaseGrant, LeaseGrantType.LeaseGrant__Output>(
  'quorate.internal.LeaseGrant',
);
export type LeaseGrant = LeaseGrantType.LeaseGrant__Output;
export type LeaseGrantIn = LeaseGrantType.LeaseGrant;
export const LeaseRevoke = message<LeaseRevokeType.LeaseRevoke, LeaseRevokeType.LeaseRevoke__Output>(
  'quorate.internal.LeaseRevoke',
);
export type LeaseRevoke = LeaseRevokeType.LeaseRevoke__Output;
export type LeaseRevokeIn = LeaseRevokeType.LeaseRevoke;
export const LeaseKeepAlive = message<LeaseKeepAliveType.LeaseKeepAlive, LeaseKeepAliveType.LeaseKeepAlive__Output>(
  'quorate.internal.LeaseKeepAlive',
);
export type LeaseKeepAlive = LeaseKeepAliveType.LeaseKeepAlive__Output;
export type LeaseKeepAliveIn = LeaseKeepAliveType.LeaseKeepAlive;
export const ConfigChange = message<ConfigChangeType.ConfigChange, ConfigChangeType.ConfigChange__Output>(
  'quorate.internal.ConfigChange',
);
export type ConfigChange = ConfigChangeType.ConfigChange__Output;
export type ConfigChangeIn = ConfigChangeType.ConfigChange;
export const ConfigPrecondition = message<
  ConfigPreconditionType.ConfigPrecondition,
  ConfigPreconditionType.ConfigPrecondition__Output
>('quorate.internal.ConfigPrecondition');
export type ConfigPrecondition = ConfigPreconditionType.ConfigPrecondition__Output;
export type ConfigPreconditionIn = ConfigPreconditionType.ConfigPrecondition;
export const ConfigPublish = message<ConfigPublishType.ConfigPublish, ConfigPublishType.ConfigPublish__Output>(
  'quorate.internal.ConfigPublish',
);
export type ConfigPublish = ConfigPublishType.ConfigPublish__Output;
export type ConfigPublishIn = ConfigPublishType.ConfigPublish;
export const ConfigRollback = message<ConfigRollbackType.ConfigRollback, ConfigRollbackType.ConfigRollback__Output>(
  'quorate.internal.ConfigRollback',
);
export type ConfigRollback = ConfigRollbackType.ConfigRollback__Output;
export type ConfigRollbackIn = ConfigRollbackType.ConfigRollback;
export const Register = message<RegisterType.Register, RegisterType.Register__Output>('quorate.internal.Register');
export type Register = RegisterType.Register__Output;
export type RegisterIn = RegisterType.Register;
export const Deregister = message<DeregisterType.Deregister, DeregisterType.Deregister__Output>(
  'quorate.internal.Deregister',
);
export type Deregister = DeregisterType.Deregister__Output;
export type DeregisterIn = DeregisterType.Deregister;
export const SetStatus = message<SetStatusType.SetStatus, SetStatusType.SetStatus__Output>(
  'quorate.internal.SetStatus',
);
export type SetStatus = SetStatusType.SetStatus__Output;
export type SetStatusIn = SetStatusType.SetStatus;
