// The least that Node.js can do: an answer that never changes, or (with PG_URL) one indexed look at PostgreSQL, written as JSON. It asks
// nobody who he is, checks nothing and logs nothing.
import http from 'node:http'
import pg from 'pg'

const pool = process.env.PG_URL ? new pg.Pool({connectionString: process.env.PG_URL, max: 8}) : null
const constant = JSON.stringify({id: 'usr_1', name: 'Ada', email: 'ada@example.org', workspaces: [{id: 'wsp_1', name: 'Studio'}]})

async function answer() {
  if (!pool) return constant
  const found = await pool.query('SELECT * FROM posts WHERE id > $1 ORDER BY id LIMIT 20', [''])
  return JSON.stringify({items: found.rows})
}

const server = http.createServer(async (_, response) => {
  try {
    const text = await answer()
    response.writeHead(200, {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text)}).end(text)
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({port: server.address().port, version: process.version})))
