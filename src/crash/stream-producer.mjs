// Appends numbered tokens to a stream until it is killed; with a count, that many, and closes it.
// It knows nothing of those before it: where to go on it reads off the stream.
const [url, token, name, epoch, count] = process.argv.slice(2)
const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/plain' }
const tokenBytes = 8
const tokenOf = (number) => `${String(number).padStart(tokenBytes - 1, '0')}\n`

async function next() {
  const { headers: told } = await fetch(url, { method: 'HEAD', headers })
  return Number(told.get('stream-next-offset').split('_')[1]) / tokenBytes
}

async function append(number, seq, isLast) {
  const { status } = await fetch(url, {
    method: 'POST',
    headers: {
      ...headers,
      'producer-id': name, 'producer-epoch': epoch, 'producer-seq': String(seq),
      // What a killed one had on its way may still arrive: then this one is refused.
      'stream-seq': String(number).padStart(16, '0'),
      ...(isLast ? { 'stream-closed': 'true' } : {}),
    },
    body: tokenOf(number),
  })
  return status
}

let [number, seq] = [await next(), 0]
const end = count === undefined ? Infinity : number + Number(count)
while (number < end) {
  const status = await append(number, seq, number === end - 1)
  if (status === 200 || status === 204) {
    process.stdout.write(`${number}\n`)
    number += 1
    seq += 1
  } else if (status === 409) {
    number = await next()
  } else {
    throw new Error(`the append of ${number} was answered ${status}`)
  }
}
