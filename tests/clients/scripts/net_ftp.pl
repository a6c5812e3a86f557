# One job of the ground through Perl's Net::FTP.
use strict;
use warnings;
use File::Basename;
use Net::FTP;

my ($listens, $tls, $host, $port, $ca, $job, @paths) = @ARGV;
my ($remote, $local) = @paths;
my $ftp = Net::FTP->new($host, Port => $port, Timeout => 20, Passive => $listens eq 'active' ? 0 : 1,
    SSL => $tls eq 'implicit' ? 1 : 0, $ca ? (SSL_ca_file => $ca) : ()) or die "connect: $@";

sub well {
    my ($done, $what) = @_;
    die "$what: " . $ftp->message unless $done;
    return $done;
}

well($ftp->starttls, 'AUTH TLS') if $tls eq 'explicit';
well($ftp->login('user1', '1234'), 'login');
well($ftp->prot('P'), 'PROT') if $tls;
well($ftp->binary, 'TYPE');

sub tree_get {
    my ($remote, $local) = @_;
    mkdir $local or die "$local: $!";
    # Its lists are as they came; the first letter of a long one tells what it is.
    for my $line ($ftp->dir($remote)) {
        my ($kind, $name) = $line =~ /^(.)\S*(?:\s+\S+){7} (.*)$/ or die $line;
        if ($kind eq 'd') { tree_get("$remote/$name", "$local/$name") }
        else { well($ftp->get("$remote/$name", "$local/$name"), $name) }
    }
}

sub tree_put {
    my ($local, $remote) = @_;
    well($ftp->mkdir($remote), $remote);
    opendir my $directory, $local or die "$local: $!";
    for my $name (grep { !/^\.\.?$/ } readdir $directory) {
        if (-d "$local/$name") { tree_put("$local/$name", "$remote/$name") }
        else { well($ftp->put("$local/$name", "$remote/$name"), $name) }
    }
}

# Changes into the directory of a path, and gives the name in it.
sub there {
    well($ftp->cwd(dirname($_[0])), 'cwd');
    return basename($_[0]);
}

if ($job eq 'names') { print "$_\n" for $ftp->ls($remote) }
elsif ($job eq 'get') { well($ftp->get(there($remote), $local), 'get') }
elsif ($job eq 'put') { well($ftp->put($local, there($remote)), 'put') }
elsif ($job eq 'resume-get') { well($ftp->get($remote, $local, -s $local), 'get') }
elsif ($job eq 'resume-put') {
    my $size = well($ftp->size($remote), 'size');
    open my $file, '<', $local or die "$local: $!";
    seek $file, $size, 0;
    $ftp->restart($size);
    well($ftp->put($file, $remote), 'put');
}
elsif ($job eq 'get-text') { well($ftp->ascii, 'TYPE'); well($ftp->get($remote, $local), 'get') }
elsif ($job eq 'put-text') { well($ftp->ascii, 'TYPE'); well($ftp->put($local, $remote), 'put') }
elsif ($job eq 'get-timed') {
    well($ftp->get($remote, $local), 'get');
    my $time = well($ftp->mdtm($remote), 'MDTM');
    utime $time, $time, $local;
}
elsif ($job eq 'manage') {
    my ($old, $new, $unwanted, $made, $bare) = @paths;
    well($ftp->rename($old, $new), 'rename');
    well($ftp->delete($unwanted), 'delete');
    well($ftp->mkdir($made), 'mkdir');
    well($ftp->rmdir($bare), 'rmdir');
}
elsif ($job eq 'tree-get') { tree_get($remote, $local) }
elsif ($job eq 'tree-put') { tree_put($local, $remote) }
$ftp->quit;
