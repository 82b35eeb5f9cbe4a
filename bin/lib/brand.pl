# brand.pl OWN STANDARD MEDIA OUT: checks the operator's brand folder (OWN; empty: none), and writes
# into OUT what the pages take from it: the legal texts as HTML, the colour as a sheet, the logo and the samples.
# Prints the settings for bin/nginx-conf as NAME=value lines. What OWN has not is STANDARD's.
#
# A text is a little Markdown: `#` headings, `-` lists, **strong**, [words](address), paragraphs. All
# else in it is shown as it stands, so that no markup, script or include of anybody's comes into a page.
# All that is wrong is said at once, and then nothing is written.
use strict;
use warnings;

my ($own, $standard, $media, $out) = @ARGV;
my @texts = qw(contact terms privacy refunds imprint);
my (%brand, %text, %file, @wrong);

sub refuse {
    push @wrong, "bin/nginx-conf: BRAND_DIR: @_\n";
    return;
}

# The whole of a file, as characters. A refusal for what is no text of a sensible length.
sub contents {
    my ($path, $name) = @_;
    return refuse("$name is longer than 200 kB") if (-s $path // 0) > 200_000;
    open my $handle, '<:raw', $path or return refuse("$name cannot be read: $!");
    local $/;
    my $text = <$handle> // '';
    return utf8::decode($text) && $text !~ /[\x00-\x08\x0b-\x1f\x7f]/
        ? $text : refuse("$name is no text in UTF-8, or has control characters");
}

my %rule = (
    name    => [qr/^[^"\\\$<>&{};]{1,40}$/, 'is 1 to 40 characters, none of " \\ $ < > & { } ;'],
    accent  => [qr/^#[0-9a-fA-F]{6}$/, 'is a colour as #d08a2e'],
    contact => [qr{^(?:[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https://[\w.-]+(?:/[\w./?=&%-]*)?)$}a,
        'is a mail address, or a page that begins with https://'],
);

sub read_settings {
    my ($path, $name) = @_;
    my $text = contents($path, $name) // return;
    my $line = 0;
    for (split /\n/, $text) {
        $line++;
        next if /^\s*(?:#|$)/;
        my ($key, $value) = /^\s*(\w+)\s*=\s*(.*?)\s*$/
            or refuse("$name: line $line is not `key = value`"), next;
        my $rule = $rule{$key}
            or refuse("$name: line $line: there is no $key (" . join(', ', sort keys %rule) . ')'), next;
        $value =~ $rule->[0] ? $brand{$key} = $value : refuse("$name: line $line: $key $rule->[1]");
    }
}

sub escape {
    my ($text) = @_;
    my %entity = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;', "'" => '&#39;');
    return $text =~ s/([&<>"'])/$entity{$1}/gr;
}

# Strong words and links; an address that is none of ours, HTTPS or mail stays words.
sub inline {
    my $text = escape($_[0]);
    $text =~ s{\*\*(.+?)\*\*}{<strong>$1</strong>}g;
    $text =~ s{`([^`]+)`}{<code>$1</code>}g;
    $text =~ s{\[([^\]]+)\]\(((?:https://|mailto:|/(?!/))[^\s()]*)\)}{<a href="$2">$1</a>}g;
    return $text;
}

sub html {
    my ($text) = @_;
    my @parts;
    for my $block (split /\n\s*\n/, $text =~ s/\r//gr) {
        $block =~ s/^\s+|\s+$//g;
        next if $block eq '';
        my @lines = split /\n/, $block;
        if ($block =~ /^(#{1,3})\s+(.+)/ && @lines == 1) {
            my $level = length $1 > 2 ? 3 : 2;
            push @parts, "<h$level>" . inline($2) . "</h$level>";
        } elsif (!grep { !/^\s*[-*]\s/ } @lines) {
            push @parts, '<ul>' . join('', map { '<li>' . inline(s/^\s*[-*]\s+//r) . '</li>' } @lines) . '</ul>';
        } else {
            push @parts, '<p>' . inline(join ' ', @lines) . '</p>';
        }
    }
    return join("\n", @parts) . "\n";
}

sub read_texts {
    for my $name (@texts) {
        my ($folder) = grep { $_ ne '' && -e "$_/$name.md" } $own, $standard;
        $text{$name} = contents("$folder/$name.md", "$name.md");
    }
}

# A picture or a video, by its first bytes and its size.
sub take_file {
    my ($path, $as, $most, $magic) = @_;
    my $name = $path =~ s{^\Q$own\E/}{}r;
    return refuse("$name is larger than " . $most / 1000 . ' kB') if -s $path > $most;
    open my $handle, '<:raw', $path or return refuse("$name cannot be read: $!");
    read $handle, my $head, 64;
    return refuse("$name is not what its name says") if $head !~ $magic;
    $file{$as} = $path;
}

my %magic = (
    mp4 => qr/^....ftyp/s, jpg => qr/^\xff\xd8\xff/, png => qr/^\x89PNG/, svg => qr/^\s*<(?:svg|\?xml)/,
);

sub read_files {
    my @logos = grep { -e } map { "$own/logo.$_" } qw(svg png);
    refuse('there is a logo.svg and a logo.png: keep one') if @logos > 1;
    for my $logo (@logos) {
        my ($kind) = $logo =~ /(\w+)$/;
        take_file($logo, "logo.$kind", 100_000, $magic{$kind});
        $brand{logo} = "logo.$kind";
    }
    for my $path (glob "\Q$own\E/samples/*") {
        my ($name, $kind) = $path =~ m{([^/]+)\.(\w+)$} or next;
        if (!-e "$media/$name.$kind" || $kind !~ /^(?:mp4|jpg)$/) {
            refuse("samples/$name.$kind stands for no sample of the pages");
        } else {
            take_file($path, "media/$name.$kind", $kind eq 'mp4' ? 2_000_000 : 200_000, $magic{$kind});
        }
    }
}

sub put {
    my ($path, $bytes) = @_;
    open my $handle, '>:raw', "$out/$path.new" or die "bin/nginx-conf: $out/$path: $!\n";
    print $handle $bytes;
    close $handle or die "bin/nginx-conf: $out/$path: $!\n";
    rename "$out/$path.new", "$out/$path" or die "bin/nginx-conf: $out/$path: $!\n";
}

sub copy {
    my ($from, $to) = @_;
    open my $handle, '<:raw', $from or die "bin/nginx-conf: $from: $!\n";
    local $/;
    put($to, scalar <$handle>);
}

read_settings("$standard/brand.conf", 'brand.conf');
if ($own ne '') {
    -d $own ? read_files() : refuse("$own is not a folder");
    read_settings("$own/brand.conf", 'brand.conf') if -e "$own/brand.conf";
}
read_texts();
if (@wrong) {
    print STDERR @wrong;
    exit 1;
}

for my $part ('', 'media') {
    -d "$out/$part" or mkdir "$out/$part" or die "bin/nginx-conf: $out/$part: $!\n";
}
$file{"media/$_"} //= "$media/$_" for map { s{.*/}{}r } glob "\Q$media\E/*";
copy($file{$_}, $_) for sort keys %file;
if (my $contact = $brand{contact}) {
    my $href = $contact =~ /^https:/ ? $contact : "mailto:$contact";
    $text{contact} = "Write to us: [$contact]($href).\n\n"
        . ($own ne '' && -e "$own/contact.md" ? $text{contact} : '');
}
for my $name (@texts) {
    my $bytes = html($text{$name});
    utf8::encode($bytes);
    put("$name.html", $bytes);
}
put('brand.css', $brand{accent} ? ":root { --tungsten: $brand{accent}; }\n" : '');
binmode STDOUT, ':encoding(UTF-8)';
print "RUSHES_BRAND_NAME=$brand{name}\n", 'RUSHES_BRAND_LOGO=', $brand{logo} // '', "\n",
    'RUSHES_BRAND_CONTACT=', $brand{contact} // '', "\n";
