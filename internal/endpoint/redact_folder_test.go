package endpoint

import "testing"

// The names are those of spools of versions that masked u and p, but not pass and auth.
func TestFoldersShowNoCredentials(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"/var/spool/influx+http___h_1_write_auth_SECRET_db_x_pass_SECRET-0a1b2c3d/spool", "/var/spool/influx+http___h_1_write_auth_xxxxx-0a1b2c3d/spool"},
		{"open influx+http___h_1_db_x_X-Auth_a_b-c-0a1b2c3d: full", "open influx+http___h_1_db_x_X-Auth_xxxxx-0a1b2c3d: full"},
		{"h_p_xxxxx_db_x-0a1b2c3d", "h_p_xxxxx_db_x-0a1b2c3d"},
		{"h_p_xxxxx_pass_S-0a1b2c3d and h_sig_S-0a1b2c3d", "h_p_xxxxx_pass_xxxxx-0a1b2c3d and h_sig_xxxxx-0a1b2c3d"},
		{"influx+http___h_1_write_db_x-0a1b2c3d", "influx+http___h_1_write_db_x-0a1b2c3d"},
		{"/home/auth_key_store/spool", "/home/auth_key_store/spool"}, // of no address
	} {
		got := RedactFolders(tt.text)
		if got != tt.want || RedactFolders(got) != got {
			t.Errorf("RedactFolders(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}
