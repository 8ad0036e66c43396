import { type Inbound, unexpectedStatus } from '../http/send-request.ts'
import { parseJson } from '../lib/json.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { type Answer, parseAnswer } from './introspection-response.ts'
import type { AnswerForm } from './response-format.ts'
import { readSignedAnswer, type Signer } from './jwt-response.ts'

/** What is asked for by `Accept`. */
export const mediaTypes: Readonly<Record<AnswerForm['as'], string>> = {
  json: 'application/json',
  jwt: 'application/token-introspection+jwt',
}

/** Reads an answer in the form that was agreed, and in no other; `now` is in seconds. */
export async function readAnswer(inbound: Inbound, answers: AnswerForm, signer: Signer, now: number): Promise<Answer> {
  const { name, status } = inbound
  if (status !== 200) {
    throw unexpectedStatus(inbound)
  }
  const answer = parseAnswer(
    answers.as === 'json' ? expectJson(inbound) : await readSignedAnswer(expectJwt(inbound), answers, signer, now),
  )
  if (answer === undefined) {
    const message = `${name} answered no introspection response: \`active\` is no boolean, or a member is of a wrong type`
    throw new UpstreamError({ reason: 'malformed-document', message })
  }
  return answer
}

function expectJson({ name, body }: Inbound): unknown {
  const document = parseJson(body)
  if (document === undefined) {
    throw new UpstreamError({ reason: 'not-json', message: `${name} answered something that is not JSON` })
  }
  return document
}

/** Plain JSON in place of a signed answer is a downgrade, and not even looked at. */
function expectJwt({ name, headers, body }: Inbound): string {
  const [type = ''] = String(headers['content-type']).split(';')
  if (type.trim().toLowerCase() !== mediaTypes.jwt) {
    const message = `${name} answered something else than ${mediaTypes.jwt}`
    throw new UpstreamError({ reason: 'unverifiable-answer', message })
  }
  return Buffer.from(body).toString('latin1')
}
