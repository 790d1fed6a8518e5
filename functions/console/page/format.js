// How times, amounts and durations are written.
import { h } from './dom.js'

const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
const day = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hour12: false })
const full = new Intl.DateTimeFormat([], { dateStyle: 'medium', timeStyle: 'medium', hour12: false })
const count = new Intl.NumberFormat()

/** whole writes a number with the reader's separators. */
export const whole = (n) => count.format(n ?? 0)

/** fixed writes a number with so many digits after the point. */
export const fixed = (n, digits = 1) => (n == null ? '' : n.toFixed(digits))

/** percent writes a share of one. */
export const percent = (n) => (n == null ? '' : `${Math.round(n * 100)}%`)

/** at is a moment: the time today, else the day. */
export function at(t) {
  if (!t) return ''
  const d = new Date(t)
  const today = d.toDateString() === new Date().toDateString()
  return h('time', { datetime: d.toISOString(), title: full.format(d) }, (today ? clock : day).format(d))
}

/** span writes seconds as people say them; fine ones are told apart by the second. */
export function span(seconds, fine = false) {
  const s = Math.abs(seconds)
  const sign = seconds < 0 ? '−' : ''
  if (s < 1) return sign + Math.round(s * 1000) + ' ms'
  if (s < 10) return sign + s.toFixed(1) + ' s'
  if (s < 90) return sign + Math.round(s) + ' s'
  if (fine && s < 3600) return `${sign}${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, '0')} min`
  if (s < 5400) return sign + Math.round(s / 60) + ' min'
  if (s < 129600) return sign + (s / 3600).toFixed(1) + ' h'
  return sign + Math.round(s / 86400) + ' d'
}

/** since is how long ago a moment was; it grows by itself. What is never is nothing. */
export function since(t) {
  const d = new Date(t ?? NaN)
  if (!t || Math.abs(d - Date.now()) > 50 * year) return ''
  return h('time', { datetime: d.toISOString(), title: full.format(d), 'data-since': d.getTime() }, ago(d.getTime()))
}

const year = 365 * 86_400_000
const ago = (ms) => (Date.now() < ms ? 'in ' + span((ms - Date.now()) / 1000) : span(Math.max(1, (Date.now() - ms) / 1000)) + ' ago')

/** age keeps what since has written true. */
export function age(root) {
  for (const el of root.querySelectorAll('[data-since]')) {
    const text = ago(+el.dataset.since)
    if (el.textContent !== text) el.textContent = text
  }
}

/** nanos writes a duration of the API. */
export const nanos = (n) => (n ? span(n / 1e9, true) : '0 s')

/** money writes an amount in minor units. */
export function money(amount, currency) {
  if (amount == null) return ''
  try {
    const f = new Intl.NumberFormat([], { style: 'currency', currency })
    return f.format(amount / 10 ** f.resolvedOptions().maximumFractionDigits)
  } catch {
    return `${amount} ${currency ?? ''}`
  }
}

/** json writes a value for people who read JSON. */
export const json = (v) => h('pre', { class: 'json', tabindex: '0' }, JSON.stringify(v, null, 2))
