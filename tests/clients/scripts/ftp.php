// One job of the ground through PHP's ftp functions. Their TLS checks no certificate.
[, $listens, $tls, $host, $port, $ca, $job] = $argv;
$paths = array_slice($argv, 7);
[$remote, $local] = [...$paths, null];

function well($done, $what) {
    if ($done === false) {
        fwrite(STDERR, "$what failed\n");
        exit(1);
    }
    return $done;
}

$ftp = well($tls ? ftp_ssl_connect($host, (int)$port, 20) : ftp_connect($host, (int)$port, 20), 'connect');
well(ftp_login($ftp, 'user1', '1234'), 'login');
well(ftp_pasv($ftp, $listens !== 'active'), 'pasv');

function tree_get($ftp, $remote, $local) {
    well(mkdir($local), $local);
    foreach (well(ftp_mlsd($ftp, $remote), 'mlsd') as ['name' => $name, 'type' => $type]) {
        if ($type === 'dir') {
            tree_get($ftp, "$remote/$name", "$local/$name");
        } elseif ($type === 'file') {
            well(ftp_get($ftp, "$local/$name", "$remote/$name", FTP_BINARY), $name);
        }
    }
}

function tree_put($ftp, $local, $remote) {
    well(ftp_mkdir($ftp, $remote), $remote);
    foreach (array_diff(scandir($local), ['.', '..']) as $name) {
        if (is_dir("$local/$name")) {
            tree_put($ftp, "$local/$name", "$remote/$name");
        } else {
            well(ftp_put($ftp, "$remote/$name", "$local/$name", FTP_BINARY), $name);
        }
    }
}

function there($ftp, $path) {
    well(ftp_chdir($ftp, dirname($path)), 'cwd');
    return substr($path, strrpos($path, '/') + 1);
}

match ($job) {
    'names' => print(implode('', array_map(fn($name) => "$name\n", well(ftp_nlist($ftp, $remote), 'nlist')))),
    'get' => well(ftp_get($ftp, $local, there($ftp, $remote), FTP_BINARY), 'get'),
    'put' => well(ftp_put($ftp, there($ftp, $remote), $local, FTP_BINARY), 'put'),
    'resume-get' => well(ftp_get($ftp, $local, $remote, FTP_BINARY, filesize($local)), 'get'),
    'resume-put' => well(ftp_put($ftp, $remote, $local, FTP_BINARY, FTP_AUTORESUME), 'put'),
    'get-text' => well(ftp_get($ftp, $local, $remote, FTP_ASCII), 'get'),
    'put-text' => well(ftp_put($ftp, $remote, $local, FTP_ASCII), 'put'),
    'get-timed' => well(ftp_get($ftp, $local, $remote, FTP_BINARY), 'get')
        && touch($local, ftp_mdtm($ftp, $remote)),
    'put-timed' => well(ftp_put($ftp, $remote, $local, FTP_BINARY), 'put'),
    'manage' => well(ftp_rename($ftp, $paths[0], $paths[1]), 'rename')
        && well(ftp_delete($ftp, $paths[2]), 'delete')
        && well(ftp_mkdir($ftp, $paths[3]), 'mkdir')
        && well(ftp_rmdir($ftp, $paths[4]), 'rmdir'),
    'tree-get' => tree_get($ftp, $remote, $local),
    'tree-put' => tree_put($ftp, $local, $remote),
};
ftp_close($ftp);
