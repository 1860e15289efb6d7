import { importChats } from './chats/chat.js'
import { chatGpt } from './chats/chatgpt.js'
import { claude } from './chats/claude.js'
import { importOpenHands, type OpenHandsImportOptions } from './openhands/import.js'
import { importOrcheo, type OrcheoImportOptions } from './orcheo/import.js'
import { type ImportParts } from './parts.js'
import { type ImportOptions, type ImportReport } from './report.js'

/**
 * Imports into one organization. All are repeatable: what is there already stays as it is, and an
 * import that was cut off goes on. The report tells everything that was found.
 */
export class Imports {
  readonly #parts: ImportParts

  constructor(parts: ImportParts) {
    this.#parts = parts
  }

  /**
   * What an installation of Orcheo keeps, from its files or from what its own tool exported. Throws
   * InvalidInput, and the reason of a signal.
   */
  orcheo(path: string, options: OrcheoImportOptions = {}): Promise<ImportReport> {
    return importOrcheo(this.#parts, path, options)
  }

  /**
   * What a home of OpenHands keeps: a V0 file store, the V1 app server, the V1 agent server, the
   * command line. Throws InvalidInput, and the reason of a signal.
   */
  openHands(path: string, options: OpenHandsImportOptions): Promise<ImportReport> {
    return importOpenHands(this.#parts, path, options)
  }

  /** The conversations of an export of ChatGPT, as trees. Throws InvalidInput. */
  chatGpt(path: string, options: ImportOptions = {}): Promise<ImportReport> {
    return importChats(this.#parts, { path, format: chatGpt }, options)
  }

  /** The conversations of an export of Claude. Throws InvalidInput. */
  claude(path: string, options: ImportOptions = {}): Promise<ImportReport> {
    return importChats(this.#parts, { path, format: claude }, options)
  }
}
