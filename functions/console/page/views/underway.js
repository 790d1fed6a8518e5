// The orders under way: asked for once, and kept by what the gateway tells of them.
import { get } from '../api.js'

const pages = 10 // of orders are known at the most
const over = ['delivered', 'cancelled', 'rejected']

/** Underway knows the open orders. more says that there are some that it does not know. */
export class Underway {
  #known = new Map()
  #begun = false
  more = false

  /** list is what is known, the newest first. */
  list() {
    return [...this.#known.values()].sort((a, b) => Date.parse(b.placedAt) - Date.parse(a.placedAt))
  }

  get(id) {
    return this.#known.get(id)
  }

  /** load asks for the newest; the first time, and once the connection was lost, for all. */
  async load() {
    const found = new Map()
    let next
    for (let i = 0; i < (this.#begun ? 1 : pages) && (i === 0 || next); i++) {
      const page = await get('/v1/orders', { open: true, limit: 200, cursor: next })
      for (const o of page.orders ?? []) found.set(o.id, o)
      next = page.next
    }
    if (!this.#begun || !next) [this.#known, this.more] = [found, !!next]
    else for (const [id, o] of found) this.#known.set(id, o)
    this.#begun = true
  }

  /** hear takes in an event, and reports whether that takes another load. */
  hear(f) {
    if (f.t === 'connection.resumed') this.#begun = false
    if (f.t !== 'order.changed') return false
    const { order, state, version, courier } = f.d
    const o = this.#known.get(order)
    if (over.includes(state)) this.#known.delete(order)
    else if (o && version > o.version) Object.assign(o, { state, version, courier })
    return !o && !over.includes(state)
  }
}
