import {type Answered, checkAnswer} from './validate-answer.ts'

/** `fetch`, for an answer that holds to the document: any other is an error. Redirects are not followed. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(url, {redirect: 'manual', ...init})
  const {status, headers} = response
  const answer = {status, headers, body: parseText(headers.get('content-type'), await response.text())}
  checkAnswer(init.method ?? 'GET', url.replace(/^\w+:\/\/[^/]+/, ''), answer)
  return answer
}

/** As JSON where its type says so. */
export function parseText(contentType: string | null, text: string): unknown {
  return contentType?.includes('json') === true && text !== '' ? JSON.parse(text) : text
}
