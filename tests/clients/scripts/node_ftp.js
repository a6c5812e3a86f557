// One job of the ground through the package `ftp` of npm.
const fs = require('fs');
const path = require('path');
const { pipeline } = require('stream/promises');
const { promisify } = require('util');
const Client = require('ftp');

const [listens, tls, host, port, ca, job, ...paths] = process.argv.slice(1);
const [remote, local] = paths;
const ftp = new Client();
const call = (name, ...words) => promisify(ftp[name].bind(ftp))(...words);

// What it lists is taken for Latin-1, and what it sends is UTF-8.
const list = async (path) => (await call('list', path)).map((entry) => ({ ...entry, name: Buffer.from(entry.name, 'latin1').toString() }));

async function get(remote, local, flags = 'w') {
    const stream = await call('get', remote);
    await pipeline(stream, fs.createWriteStream(local, { flags }));
}

async function treeGet(remote, local) {
    fs.mkdirSync(local);
    for (const { name, type } of await list(remote)) {
        await (type === 'd' ? treeGet : get)(`${remote}/${name}`, `${local}/${name}`);
    }
}

async function treePut(local, remote) {
    await call('mkdir', remote);
    for (const entry of fs.readdirSync(local, { withFileTypes: true })) {
        const [ours, theirs] = [`${local}/${entry.name}`, `${remote}/${entry.name}`];
        if (entry.isDirectory()) await treePut(ours, theirs);
        else await call('put', ours, theirs);
    }
}

async function there() {
    await call('cwd', path.dirname(remote));
    return path.basename(remote);
}

async function main() {
    if (listens === 'active') throw new Error('it listens nowhere');
    switch (job) {
        case 'names':
            for (const { name } of await list(remote)) console.log(name);
            break;
        case 'get': await get(await there(), local); break;
        case 'put': await call('put', local, await there()); break;
        case 'resume-get':
            await call('restart', fs.statSync(local).size);
            await get(remote, local, 'a');
            break;
        case 'resume-put': {
            const start = await call('size', remote);
            await call('append', fs.createReadStream(local, { start }), remote);
            break;
        }
        case 'get-text':
            await call('ascii');
            await get(remote, local);
            break;
        case 'put-text':
            await call('ascii');
            await call('put', local, remote);
            break;
        case 'get-timed': {
            await get(remote, local);
            const time = await call('lastMod', remote);
            fs.utimesSync(local, time, time);
            break;
        }
        case 'manage': {
            const [old, renamed, unwanted, made, bare] = paths;
            await call('rename', old, renamed);
            await call('delete', unwanted);
            await call('mkdir', made);
            await call('rmdir', bare);
            break;
        }
        case 'tree-get': await treeGet(remote, local); break;
        case 'tree-put': await treePut(local, remote); break;
        default: throw new Error('it has no call for it');
    }
    ftp.end();
}

const failed = (error) => {
    console.error(error);
    process.exit(1);
};
ftp.on('error', failed);
ftp.on('ready', () => main().catch(failed));
const secure = tls === 'implicit' ? 'implicit' : tls !== '';
const secureOptions = tls ? { ca: fs.readFileSync(ca) } : undefined;
ftp.connect({ host, port: Number(port), user: 'user1', password: '1234', secure, secureOptions });
