import { AllowedTargets, type OpenFloorOptions } from '../adapters/open-floor/index.js'
import { anyText, type Reader, type Rule } from './reader.js'

/** Reads how the floor manager speaks with agents. Throws InvalidConfiguration. */
export function openFloorSettingsOf(reader: Reader): OpenFloorOptions {
  return {
    speakerUri: reader.read('HOLDFAST_OPEN_FLOOR_URI', speaker),
    serviceUrl: reader.readOptional('HOLDFAST_OPEN_FLOOR_URL', url),
    outboundAllow: reader.readOptional('HOLDFAST_OUTBOUND_ALLOW', targets) ?? [],
  }
}

const speaker: Rule<string> = (text) => {
  if (text.length <= 255) return anyText(text)
  throw new Error('must be at most 255 characters')
}

const url: Rule<string> = (text) => {
  if (/^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text)) return text
  throw new Error('must be a URL such as https://holdfast.example.com/ofp')
}

const targets: Rule<string[]> = (text) => {
  const entries = text.split(',').map((each) => each.trim()).filter((each) => each !== '')
  try {
    void new AllowedTargets(entries)
  } catch (cause) {
    const rule = 'must hold addresses, networks or hosts, each with a port if need be, after commas'
    throw new Error(rule, { cause })
  }
  return entries
}
