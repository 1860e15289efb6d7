import { defineError } from '../errors.js'

/** No such delivery, or none that was given up. */
export const DeliveryNotFound = defineError('DeliveryNotFound', {
  code: 'delivery_not_found', status: 404,
})
