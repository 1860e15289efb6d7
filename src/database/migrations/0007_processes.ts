import { type Migration } from '../migrate.js'

/** The processes that serve from this database. */
export const processes: Migration = {
  name: '0007_processes',
  async up(schema) {
    await schema.createTable('processes', `
      id {id} not null,
      host {text} not null,
      pid {integer} not null,
      coordination {text} not null,
      started_at {instant} not null,
      seen_at {instant} not null,
      primary key (id)`)
  },
  async down(schema) {
    await schema.execute('drop table processes')
  },
}
