import { erasePerson, type ErasureOptions } from './erasure.js'
import { exportPerson, type PersonalLine } from './export.js'
import { type ErasureReport, type PersonalDataParts } from './parts.js'

/** Everything that is kept of people, in all organizations. */
export class PersonalData {
  readonly #parts: PersonalDataParts

  constructor(parts: PersonalDataParts) {
    this.#parts = parts
  }

  /**
   * Erases everything of one person, the account last; repeated, it goes on where it was cut off.
   * Throws LastOwner before anything is erased, InvalidInput.
   */
  erase(userId: string, options: ErasureOptions = {}): Promise<ErasureReport> {
    return erasePerson(this.#parts, userId, options)
  }

  /** Everything of one person, line by line. Throws InvalidInput. */
  export(userId: string): AsyncGenerator<PersonalLine, void, undefined> {
    return exportPerson(this.#parts, userId)
  }
}
