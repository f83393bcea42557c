/** Google's rich error model (`proto/google/rpc`). */
import { message } from './codec.js';
import type * as ErrorInfoType from './gen/google/rpc/ErrorInfo.js';
import type * as StatusType from './gen/google/rpc/Status.js';

export const Status = message<StatusType.Status, StatusType.Status__Output>('google.rpc.Status');
export type Status = StatusType.Status__Output;
export type StatusIn = StatusType.Status;
export const ErrorInfo = message<ErrorInfoType.ErrorInfo, ErrorInfoType.ErrorInfo__Output>('google.rpc.ErrorInfo');
export type ErrorInfo = ErrorInfoType.ErrorInfo__Output;
export type ErrorInfoIn = ErrorInfoType.ErrorInfo;
