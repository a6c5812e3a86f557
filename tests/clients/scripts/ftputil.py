# One job of the ground through ftputil, which has files and paths where ftplib has commands.
import ftplib, os, ssl, sys
import ftputil, ftputil.session

listens, tls, host, port, ca, job, *paths = sys.argv[1:]
remote, local = (paths + [None])[:2]

class Tls(ftplib.FTP_TLS):
    def __init__(self, **settings):
        super().__init__(context=ssl.create_default_context(cafile=ca), timeout=20, **settings)

factory = ftputil.session.session_factory(
    base_class=Tls if tls else ftplib.FTP, port=int(port), encrypt_data_channel=True if tls else None,
    use_passive_mode=listens != 'active', encoding='UTF-8')

def tree_get(ftp, remote, local):
    os.makedirs(local)
    for name in ftp.listdir(remote):
        step = tree_get if ftp.path.isdir(f'{remote}/{name}') else lambda ftp, *paths: ftp.download(*paths)
        step(ftp, f'{remote}/{name}', f'{local}/{name}')

def tree_put(ftp, local, remote):
    ftp.makedirs(remote)
    for name in os.listdir(local):
        step = tree_put if os.path.isdir(f'{local}/{name}') else lambda ftp, *paths: ftp.upload(*paths)
        step(ftp, f'{local}/{name}', f'{remote}/{name}')

with ftputil.FTPHost(host, 'user1', '1234', session_factory=factory) as ftp:
    ftp.use_list_a_option = True
    if job == 'names':
        for name in ftp.listdir(remote):
            print(name)
    elif job == 'get':
        ftp.download(remote, local)
    elif job == 'put':
        ftp.upload(local, remote)
    elif job == 'resume-get':
        with ftp.open(remote, 'rb', rest=os.path.getsize(local)) as theirs, open(local, 'ab') as ours:
            ftp.copyfileobj(theirs, ours)
    elif job == 'get-timed':
        ftp.download(remote, local)
        ftp.set_time_shift(0)
        os.utime(local, (ftp.path.getmtime(remote),) * 2)
    elif job == 'manage':
        old, new, unwanted, made, bare = paths
        ftp.rename(old, new)
        ftp.remove(unwanted)
        ftp.mkdir(made)
        ftp.rmdir(bare)
    elif job == 'tree-get':
        tree_get(ftp, remote, local)
    elif job == 'tree-put':
        tree_put(ftp, local, remote)
    else:
        sys.exit('it has no call for it')
