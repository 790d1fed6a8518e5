// What couriers' scores are made by, and who changed that when.
import { h } from '../dom.js'
import { get, read } from '../api.js'
import { settings, history, values } from './editor.js'

const path = '/v1/scores/config'
const named = ({ config, ...rest }) => ({ ...rest, settings: config })

export function open(page) {
  page.keep(async () => {
    const [{ body, tag }, { versions }] = await Promise.all([read(path), get(path + '/versions', { limit: 20 })])
    return { stored: { body: named(body), tag }, versions: (versions ?? []).map(named) }
  }, ({ stored, versions }) => [
    settings(page, { path, stored, look: values, counts: 'It counts at once, for the scores of all couriers.' }),
    h('h2', null, 'Who changed them'), history(versions),
  ], { about: ['/v1/scores'] })
}
