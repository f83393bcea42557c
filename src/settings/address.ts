export { type Address, formatAddress, isLoopback, isUnspecified, parseAddress } from '../base/address.js';
