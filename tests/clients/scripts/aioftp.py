# One job of the ground through aioftp.
import asyncio, pathlib, ssl, sys
import aioftp

listens, tls, host, port, ca, job, *paths = sys.argv[1:]
remote, local = (paths + [None])[:2]
BLOCK = 65536

async def main():
    context = ssl.create_default_context(cafile=ca) if tls else None
    client = aioftp.Client(socket_timeout=20, ssl=context if tls == 'implicit' else None)
    await client.connect(host, int(port))
    if tls == 'explicit':
        await client.upgrade_to_tls(context)
    await client.login('user1', '1234')
    if job == 'names':
        for path, facts in await client.list(remote):
            print(path.name)
    elif job == 'get':
        directory, name = remote.rsplit('/', 1)
        await client.change_directory(directory)
        await client.download(name, local, write_into=True)
    elif job == 'put':
        directory, name = remote.rsplit('/', 1)
        await client.change_directory(directory)
        await client.upload(local, name, write_into=True)
    elif job == 'resume-get':
        with open(local, 'ab') as file:
            async with client.download_stream(remote, offset=file.tell()) as stream:
                async for block in stream.iter_by_block(BLOCK):
                    file.write(block)
    elif job == 'resume-put':
        await client.command('TYPE I', '200')
        _, sizes = await client.command('SIZE ' + remote, '213')
        at = int(sizes[0])
        with open(local, 'rb') as file:
            file.seek(at)
            async with client.upload_stream(remote, offset=at) as stream:
                while block := file.read(BLOCK):
                    await stream.write(block)
    elif job == 'manage':
        old, new, unwanted, made, bare = paths
        await client.rename(old, new)
        await client.remove_file(unwanted)
        await client.make_directory(made)
        await client.remove_directory(bare)
    elif job == 'tree-get':
        await client.download(remote, local, write_into=True)
    elif job == 'tree-put':
        # It makes directories of directories below the current one.
        await client.change_directory(remote.rsplit('/', 1)[0])
        await client.upload(local)
    else:
        sys.exit('it has no call for it')
    await client.quit()

asyncio.run(main())
