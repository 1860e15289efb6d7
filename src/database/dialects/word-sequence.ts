import { type Stored } from '../columns.js'

/** How many bits tell the messages of a second apart; all together they are 53. */
export const sequenceBits = 21
const perSecond = 2 ** sequenceBits

/** Later moments than this (the year 2106) count as this. */
const secondsMax = 2 ** 32 - 1

const firstOf = (milliseconds: number): number =>
  Math.max(0, Math.min(Math.floor(milliseconds / 1000), secondsMax)) * perSecond

/** The last number of a second. */
export const lastOf = (milliseconds: number): number => firstOf(milliseconds) + perSecond - 1

/** A number within the second, most often no other's: ids end at random. */
export function sequenceOf(milliseconds: number, messageId: string): Stored<'integer'> {
  const end = Number.parseInt(messageId.slice(-6), 16) % perSecond
  return (firstOf(milliseconds) + end) as Stored<'integer'>
}
