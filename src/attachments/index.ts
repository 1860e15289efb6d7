export { DirectoryStorage } from './directory-storage.js'
export {
  AttachmentCompleted, AttachmentIncomplete, AttachmentMismatch, AttachmentNotFound,
  AttachmentPlaceNotFound, AttachmentTooLarge, AttachmentUnavailable, RangeNotSatisfiable,
} from './errors.js'
export { attachmentBytesMaxDefault } from './rules.js'
export { isBucket, isEndpoint, isPrefix, type S3Options } from './s3-options.js'
export { S3Storage } from './s3-storage.js'
export { type BlobKey, type BlobStorage, type ByteRange } from './storage.js'
export {
  type AttachmentContent, type AttachmentListing, AttachmentStore, type NewAttachment,
} from './store.js'
export {
  type Attachment, attachmentBlobs, attachmentChunks, attachmentContents, attachments,
  type AttachmentTables,
} from './tables.js'
export { type AttachmentOptions, AttachmentWorks } from './works.js'
