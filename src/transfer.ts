import { Transfer, type TransferOptions } from './lifecycle/transfer/index.js'
import { tables } from './tables.js'

/** A move of everything from one database into another; its methods begin. */
export function transferOf(options: TransferOptions): Transfer {
  return new Transfer({ ...options, tables })
}
