import { defineError } from '../errors.js'

/** No such schedule in this organization. */
export const ScheduleNotFound = defineError('ScheduleNotFound', {
  code: 'schedule_not_found', status: 404,
})

/** The organization has a schedule of this name. */
export const ScheduleNameTaken = defineError('ScheduleNameTaken', {
  code: 'schedule_name_taken', status: 409,
})
