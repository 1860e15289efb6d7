import { type Migration } from '../migrate.js'

/** Schedules may begin and end at a moment. */
export const scheduleBounds: Migration = {
  name: '0048_schedule_bounds',
  async up(schema) {
    await schema.execute('alter table schedules add column starts_at {instant}')
    await schema.execute('alter table schedules add column ends_at {instant}')
  },
  async down(schema) {
    await schema.execute('alter table schedules drop column ends_at')
    await schema.execute('alter table schedules drop column starts_at')
  },
}
