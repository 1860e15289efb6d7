import { defineError } from '../../errors.js'

/** An archive that is cut off, changed, of another version, or of another schema. */
export const InvalidArchive = defineError('InvalidArchive', {
  code: 'invalid_archive', status: 400,
})

/** What an archive holds is here already, or the database is not empty. */
export const ArchiveConflict = defineError('ArchiveConflict', {
  code: 'archive_conflict', status: 409,
})
