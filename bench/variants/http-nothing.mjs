import { callersOf } from './http-append.mjs'

/** Keep-alive connections that call an endpoint which does nothing, with a token or without. */
export async function open({ url, path, token, organization }) {
  const { hostname, port, host } = new URL(url)
  const headers = [
    `GET ${path} HTTP/1.1`, `Host: ${host}`,
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(organization === undefined ? [] : [`Holdfast-Organization: ${organization}`]),
  ]
  const bytes = Buffer.from(`${headers.join('\r\n')}\r\n\r\n`)
  return callersOf({ hostname, port, request: () => bytes, status: '204' })
}
