# One job of the ground through Ruby's Net::FTP.
require 'net/ftp'

listens, tls, host, port, ca, job, *paths = ARGV
remote, local = paths
ftp = Net::FTP.new(host, port: port.to_i, username: 'user1', password: '1234', open_timeout: 20, read_timeout: 20,
    passive: listens != 'active', ssl: tls.empty? ? false : { ca_file: ca }, implicit_ftps: tls == 'implicit')

def tree_get(ftp, remote, local)
  Dir.mkdir(local)
  ftp.mlsd(remote).each do |entry|
    theirs, ours = "#{remote}/#{entry.pathname}", "#{local}/#{entry.pathname}"
    if entry.directory? then tree_get(ftp, theirs, ours)
    elsif entry.file? then ftp.getbinaryfile(theirs, ours)
    end
  end
end

def tree_put(ftp, local, remote)
  ftp.mkdir(remote)
  Dir.children(local).each do |name|
    theirs, ours = "#{remote}/#{name}", "#{local}/#{name}"
    File.directory?(ours) ? tree_put(ftp, ours, theirs) : ftp.putbinaryfile(ours, theirs)
  end
end

def there(ftp, path)
  ftp.chdir(File.dirname(path))
  File.basename(path)
end

case job
when 'names' then puts ftp.nlst(remote)
when 'get' then ftp.getbinaryfile(there(ftp, remote), local)
when 'put' then ftp.putbinaryfile(local, there(ftp, remote))
when 'resume-get' then ftp.resume = true; ftp.getbinaryfile(remote, local)
when 'resume-put' then ftp.resume = true; ftp.putbinaryfile(local, remote)
when 'get-text' then ftp.gettextfile(remote, local)
when 'put-text' then ftp.puttextfile(local, remote)
when 'get-timed' then ftp.getbinaryfile(remote, local); File.utime(ftp.mtime(remote), ftp.mtime(remote), local)
when 'manage'
  old, new, unwanted, made, bare = paths
  ftp.rename(old, new)
  ftp.delete(unwanted)
  ftp.mkdir(made)
  ftp.rmdir(bare)
when 'tree-get' then tree_get(ftp, remote, local)
when 'tree-put' then tree_put(ftp, local, remote)
else abort 'it has no call for it'
end
ftp.quit
