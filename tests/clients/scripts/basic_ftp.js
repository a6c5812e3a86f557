// One job of the ground through basic-ftp.
const fs = require('fs');
const path = require('path');
const { Client } = require('basic-ftp');

const [listens, tls, host, port, ca, job, ...paths] = process.argv.slice(1);
const [remote, local] = paths;

async function main() {
    if (listens === 'active') throw new Error('it listens nowhere');
    const ftp = new Client(20000);
    const secure = tls === 'implicit' ? 'implicit' : tls !== '';
    const secureOptions = tls ? { ca: fs.readFileSync(ca) } : undefined;
    await ftp.access({ host, port: Number(port), user: 'user1', password: '1234', secure, secureOptions });
    const there = async () => {
        await ftp.cd(path.dirname(remote));
        return path.basename(remote);
    };
    switch (job) {
        case 'names':
            for (const { name } of await ftp.list(remote)) console.log(name);
            break;
        case 'get': await ftp.downloadTo(local, await there()); break;
        case 'put': await ftp.uploadFrom(local, await there()); break;
        case 'resume-get': await ftp.downloadTo(local, remote, fs.statSync(local).size); break;
        case 'resume-put': {
            const at = await ftp.size(remote);
            await ftp.appendFrom(local, remote, { localStart: at });
            break;
        }
        case 'get-timed': {
            await ftp.downloadTo(local, remote);
            const time = await ftp.lastMod(remote);
            fs.utimesSync(local, time, time);
            break;
        }
        case 'manage': {
            const [old, renamed, unwanted, made, bare] = paths;
            await ftp.rename(old, renamed);
            await ftp.remove(unwanted);
            await ftp.ensureDir('/' + made);
            await ftp.cd('/');
            await ftp.removeEmptyDir(bare);
            break;
        }
        case 'tree-get': await ftp.downloadToDir(local, remote); break;
        case 'tree-put': await ftp.uploadFromDir(local, remote); break;
        default: throw new Error('it has no call for it');
    }
    ftp.close();
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
