# One job of the ground through Python's ftplib.
import ftplib, os, ssl, sys

listens, tls, host, port, ca, job, *paths = sys.argv[1:]
remote, local = (paths + [None])[:2]
if tls:
    ftp = ftplib.FTP_TLS(context=ssl.create_default_context(cafile=ca), timeout=20)
else:
    ftp = ftplib.FTP(timeout=20)
ftp.connect(host, int(port))
ftp.login('user1', '1234')
if tls:
    ftp.prot_p()
ftp.set_pasv(listens != 'active')

def get(remote, local, at=0):
    with open(local, 'ab' if at else 'wb') as file:
        ftp.retrbinary('RETR ' + remote, file.write, rest=at or None)

def put(local, remote, at=0):
    with open(local, 'rb') as file:
        file.seek(at)
        ftp.storbinary('STOR ' + remote, file, rest=at or None)

def tree_get(remote, local):
    os.makedirs(local)
    for name, facts in list(ftp.mlsd(remote)):
        if facts['type'] == 'dir':
            tree_get(f'{remote}/{name}', f'{local}/{name}')
        elif facts['type'] == 'file':
            get(f'{remote}/{name}', f'{local}/{name}')

def tree_put(local, remote):
    ftp.mkd(remote)
    for name in os.listdir(local):
        step = tree_put if os.path.isdir(f'{local}/{name}') else put
        step(f'{local}/{name}', f'{remote}/{name}')

def there(path):
    directory, name = os.path.split(path)
    ftp.cwd(directory)
    return name

if job == 'names':
    for name in ftp.nlst(remote):
        print(name)
elif job == 'get':
    get(there(remote), local)
elif job == 'put':
    put(local, there(remote))
elif job == 'resume-get':
    get(remote, local, os.path.getsize(local))
elif job == 'resume-put':
    # The size in bytes, and not as text.
    ftp.voidcmd('TYPE I')
    put(local, remote, ftp.size(remote))
elif job == 'get-text':
    with open(local, 'w') as file:
        ftp.retrlines('RETR ' + remote, lambda line: print(line, file=file))
elif job == 'put-text':
    with open(local, 'rb') as file:
        ftp.storlines('STOR ' + remote, file)
elif job == 'manage':
    old, new, unwanted, made, bare = paths
    ftp.rename(old, new)
    ftp.delete(unwanted)
    ftp.mkd(made)
    ftp.rmd(bare)
elif job == 'tree-get':
    tree_get(remote, local)
elif job == 'tree-put':
    tree_put(local, remote)
ftp.quit()
