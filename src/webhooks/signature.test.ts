import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { WebhookUnauthenticated } from './errors.js'
import { proven } from './signature.js'
import { type Authentication } from './tables.js'

interface Example {
  readonly authentication: Authentication
  readonly secret: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** When it was signed, in seconds; 0 where no time is signed. */
  readonly at: number
}

const slackBody = 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow'
  + '&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner'
  + '&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands'
  + '%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN'
  + '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'

const stripeSecret = 'whsec_of_nobody'
const stripeBody = '{"id":"evt_1"}'
const stripeSigned = createHmac('sha256', stripeSecret).update(`1700000000.${stripeBody}`)
  .digest('hex')

/** The first three as the services document them. */
const examples: Record<string, Example> = {
  standard: {
    authentication: { kind: 'standard' }, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp': '1614265330',
      'webhook-signature': 'v2,x v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    body: '{"test": 2432232314}', at: 1_614_265_330,
  },
  github: {
    authentication: { kind: 'github' }, secret: `It's a Secret to Everybody`,
    headers: {
      'x-hub-signature-256':
        'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    },
    body: 'Hello, World!', at: 0,
  },
  slack: {
    authentication: { kind: 'slack' }, secret: '8f742231b10e8888abcd99yyyzzz85a5',
    headers: {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature':
        'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    },
    body: slackBody, at: 1_531_420_618,
  },
  stripe: {
    authentication: { kind: 'stripe' }, secret: stripeSecret,
    headers: { 'stripe-signature': `t=1700000000,v1=${'0'.repeat(64)},v1=${stripeSigned}` },
    body: stripeBody, at: 1_700_000_000,
  },
  'one’s own': {
    authentication: {
      kind: 'hmac', header: 'x-sig', algorithm: 'sha512', encoding: 'base64', prefix: 'v=',
      timestampHeader: 'x-at',
    },
    secret: 'own secret', body: 'bytes', at: 1_700_000_000,
    headers: {
      'x-at': '1700000000',
      'x-sig': `v=${createHmac('sha512', 'own secret').update('1700000000.bytes')
        .digest('base64')}`,
    },
  },
}

const check = ({ authentication, secret, headers, body, at }: Example, lateSeconds = 0) => proven(
  authentication,
  {
    header: (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined),
    body: Buffer.from(body),
  },
  { secret, toleranceSeconds: 300, nowMs: (at + lateSeconds) * 1_000 },
)

for (const [name, example] of Object.entries(examples)) {
  it(`a signature as ${name} makes it is taken, early and late within the tolerance`, () => {
    const digest = check(example)
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    expect([check(example, 300), check(example, -300)]).toEqual([digest, digest])
  })

  it(`a signature as ${name} makes it is refused over anything else`, () => {
    const refuse = (changed: Example, late = 0) =>
      expect(() => check(changed, late)).toThrow(WebhookUnauthenticated)
    refuse({ ...example, body: `${example.body} ` })
    refuse({ ...example, secret: `x${example.secret}` })
    refuse({ ...example, headers: {} })
    for (const header of Object.keys(example.headers)) {
      const { [header]: value, ...rest } = example.headers
      refuse({ ...example, headers: rest })
      refuse({ ...example, headers: { ...rest, [header]: '' } })
      refuse({ ...example, headers: { ...rest, [header]: value!.slice(0, -2) } })
    }
    if (example.at === 0) return
    refuse(example, 301)
    refuse(example, -301)
  })
}

it('what is not signed does not make a captured call another one', () => {
  const { github } = examples
  const other = { ...github!, headers: { ...github!.headers, 'x-github-delivery': 'other' } }
  expect(check(other)).toBe(check(github!))
})

it('a signature in capitals is the same one', () => {
  const { github } = examples
  const signature = github!.headers['x-hub-signature-256']!.slice(7).toUpperCase()
  const loud = { ...github!, headers: { 'x-hub-signature-256': `sha256=${signature}` } }
  expect(check(loud)).toBe(check(github!))
})

it('a shared secret must be the same, and tells nothing apart', () => {
  const shared = (given: string): Example => ({
    authentication: { kind: 'shared_secret', header: 'x-token' }, secret: 'the secret',
    headers: { 'x-token': given }, body: '', at: 0,
  })
  expect(check(shared('the secret'))).toBeUndefined()
  for (const wrong of ['', 'the secre', 'the secret ', 'The secret']) {
    expect(() => check(shared(wrong))).toThrow(WebhookUnauthenticated)
  }
})
