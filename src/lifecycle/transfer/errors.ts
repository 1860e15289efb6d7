import { defineError } from '../../errors.js'

/** The transfer cannot begin or go on as asked; the message says why and what to do. */
export const TransferRefused = defineError('TransferRefused', {
  code: 'transfer_refused', status: 409,
})

/** Source and target do not hold the same. */
export const TransferMismatch = defineError('TransferMismatch', {
  code: 'transfer_mismatch', status: 500,
})

/** The signal ended a transfer; run again it goes on where it was. */
export const TransferStopped = defineError('TransferStopped', {
  code: 'transfer_stopped', status: 503, retryable: true,
})
