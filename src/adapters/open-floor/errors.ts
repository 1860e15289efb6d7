import { defineError } from '../../errors.js'

/** No envelope as the specification has it. */
const EnvelopeRefused = defineError('InvalidEnvelope', { code: 'invalid_envelope', status: 400 })

/** No envelope as the specification has it; `pointer` is a JSON pointer to the faulty member. */
export class InvalidEnvelope extends EnvelopeRefused {
  readonly pointer: string

  constructor(pointer: string, rule: string) {
    super(`${pointer === '' ? 'the envelope' : pointer} ${rule}`, { field: fieldOf(pointer) })
    this.pointer = pointer
  }

  override get details(): Readonly<Record<string, string | null>> {
    return { pointer: this.pointer }
  }
}

/** The same place as other problems name it: `body.openFloor.events[0].eventType`. */
const fieldOf = (pointer: string): string =>
  pointer.split('/').slice(1).reduce((field, part) => {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~').slice(0, 100)
    return /^\d+$/.test(name) ? `${field}[${name}]` : `${field}.${name}`
  }, 'body')

/** A service URL that must not be called: its address is private, or it is no URL of a service. */
export const OutboundRefused = defineError('OutboundRefused', {
  code: 'outbound_refused', status: 403,
})
