export {
  type ArchiveOptions, type ArchiveParts, type ArchiveProgress, Archives,
} from './archive.js'
export { ArchiveConflict, InvalidArchive } from './errors.js'
export {
  type ArchiveFile, type ArchiveManifest, type ArchiveScope, verifiedManifest,
} from './manifest.js'
export { sourceAt } from './source.js'
