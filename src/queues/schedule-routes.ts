import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { RevisionConflict } from '../errors.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { ScheduleNameTaken, ScheduleNotFound } from './schedule-errors.js'
import {
  newScheduleOf, newScheduleSchema, presentSchedule, scheduleChangesOf, scheduleChangesSchema,
  scheduleNameSchema, scheduleSchema,
} from './schedule-schemas.js'
import { type ScheduleStore } from './schedule-store.js'

/** What these endpoints need. */
export interface ScheduleContext {
  readonly schedules: ScheduleStore
}

const define = route<ScheduleContext>()
const tag = 'Schedules'
const scope = 'organization'
const params = z.strictObject({ schedule: scheduleNameSchema('The name of the schedule.') })

/** Create, read, list, change and delete schedules. */
export const scheduleRoutes: readonly Route<ScheduleContext>[] = [
  define({
    operationId: 'createSchedule',
    method: 'POST',
    path: '/v1/schedules',
    tag,
    summary: 'Make a job recur',
    action: 'schedules:write',
    scope,
    input: { body: newScheduleSchema },
    status: 201,
    output: scheduleSchema,
    etag: true,
    errors: [ScheduleNameTaken],
    idempotency: 'transaction',
    handle: async ({ schedules }, { body }) =>
      presentSchedule(await schedules.create(newScheduleOf(body))),
  }),
  define({
    operationId: 'listSchedules',
    method: 'GET',
    path: '/v1/schedules',
    tag,
    summary: 'List schedules by name',
    action: 'schedules:read',
    scope,
    input: { query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('SchedulePage', scheduleSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ schedules }, { query }) =>
      presentPage(await schedules.list(query), presentSchedule),
  }),
  define({
    operationId: 'getSchedule',
    method: 'GET',
    path: '/v1/schedules/{schedule}',
    tag,
    summary: 'Get a schedule',
    action: 'schedules:read',
    scope,
    input: { params },
    status: 200,
    output: scheduleSchema,
    etag: true,
    errors: [ScheduleNotFound],
    idempotency: 'none',
    handle: async ({ schedules }, { params: { schedule } }) =>
      presentSchedule(await schedules.get(schedule)),
  }),
  define({
    operationId: 'updateSchedule',
    method: 'PATCH',
    path: '/v1/schedules/{schedule}',
    tag,
    summary: 'Change, stop or start a schedule',
    action: 'schedules:write',
    scope,
    input: { params, body: scheduleChangesSchema },
    status: 200,
    output: scheduleSchema,
    etag: true,
    errors: [ScheduleNotFound, RevisionConflict],
    idempotency: 'transaction',
    handle: async ({ schedules }, { params: { schedule }, body, ifRevision }) =>
      presentSchedule(await schedules.update(schedule, scheduleChangesOf(body), ifRevision)),
  }),
  define({
    operationId: 'deleteSchedule',
    method: 'DELETE',
    path: '/v1/schedules/{schedule}',
    tag,
    summary: 'Delete a schedule; its jobs stay',
    action: 'schedules:write',
    scope,
    input: { params },
    status: 204,
    errors: [ScheduleNotFound],
    idempotency: 'transaction',
    handle: ({ schedules }, { params: { schedule } }) => schedules.delete(schedule),
  }),
]
